import { randomBytes } from "node:crypto";
import { withConnection } from "./connection.ts";
import type { TestDatabase } from "./database-server.ts";

const NAME = /^[A-Za-z0-9_]{1,64}$/;

const withDatabase = (serverUrl: string, name: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
};

/**
 * Makes an empty database on a running server (utf8mb4, the server's default collation); disposing drops it.
 * @param serverUrl of an account that may create databases, as `DatabaseServer.url`
 * @param name letters, digits and underscores
 */
export const createDatabaseOn = async (
  serverUrl: string,
  name = `itsy_${randomBytes(6).toString("hex")}`,
): Promise<TestDatabase> => {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is not a plain database name`);
  await withConnection(serverUrl, (connection) => connection.query(`create database ${name} character set utf8mb4`));
  return Object.freeze({
    name,
    url: withDatabase(serverUrl, name),
    [Symbol.asyncDispose]: async () => {
      await withConnection(serverUrl, (connection) => connection.query(`drop database if exists ${name}`));
    },
  });
};
