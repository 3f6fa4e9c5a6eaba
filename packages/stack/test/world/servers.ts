import { provideServers } from "@itsy/testbed";

export default provideServers({ mysql: true, mariadb: true });
