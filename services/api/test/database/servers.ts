import { provideServers } from "@itsy/testbed";

/** One MySQL and one MariaDB for all test files of the run; the tests make a database each. */
export default provideServers({ mysql: true, mariadb: true });
