// The platform of the Fetch example: serves the default export of the module that is named on the command line.
import { pathToFileURL } from "node:url";

import { serve } from "@hono/node-server";

const [, , file = ""] = process.argv;
const { default: app } = (await import(pathToFileURL(file).href)) as {
  default: { fetch: (request: Request) => Promise<Response> };
};

serve({ fetch: (request) => app.fetch(request), port: Number(process.env.PORT) }, ({ port }) => {
  console.log(`listening on http://localhost:${port}`);
});
