// The least that a node:http server can do which reads the same body and answers one of the same size.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answer = process.env["ANSWER"] ?? "";
const length = Buffer.byteLength(answer);

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    res.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Content-Length": length });
    res.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.on("SIGTERM", () => process.exit(0));
