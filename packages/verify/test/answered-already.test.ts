import type { IncomingMessage, ServerResponse } from "node:http";

import { requireApiKey } from "@itsy/verify/express";
import express5 from "express";
import express4 from "express-4";
import { describe, expect, test } from "vitest";

import { startKeyService, valid } from "./key-service.ts";
import { watchUnhandled } from "./unhandled.ts";
import { listen, secret, verifierOf } from "./verified.ts";

const headers = { authorization: `Bearer ${secret}` };

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => unknown;

const servers = {
  "Express 4": (middleware: Middleware) => express4().use(middleware),
  "Express 5": (middleware: Middleware) => express5().use(middleware),
  "node:http": (middleware: Middleware) => (request: IncomingMessage, response: ServerResponse) => {
    middleware(request, response, (error) => {
      response.statusCode = error === undefined ? 404 : 500;
      response.end();
    });
  },
};

describe.each(Object.entries(servers))(
  "%s: a request that somebody answered while its key was asked for",
  (_n, serve) => {
    const answers = {
      "a good key": { say: valid() },
      "a revoked key": { say: { valid: false, code: "REVOKED" } },
      "an outage": { error: "INTERNAL" },
    } as const;
    const ways: Record<string, (response: ServerResponse) => void> = {
      "answered in full": (response) => void response.writeHead(408).end("too late"),
      "answered in part": (response) => {
        response.writeHead(408, { "Content-Length": 8 });
        response.write("too ");
      },
      "hung up": (response) => void response.destroy(),
    };
    test.each(Object.keys(answers).flatMap((answer) => Object.keys(ways).map((way) => [answer, way] as const)))(
      "%s, %s: nothing is written, nothing goes on, nothing is thrown",
      async (answer, way) => {
        using unhandled = watchUnhandled();
        await using service = await startKeyService(answers[answer as keyof typeof answers]);
        const passed: unknown[] = [];
        const judged = Promise.withResolvers<void>();
        const check = requireApiKey({ verifier: verifierOf(service, { retry: { attemptsMax: 1 } }) });
        await using server = await listen(
          serve(async (request, response, next) => {
            const checked = check(request, response, (error) => {
              passed.push(error);
              next(error);
            });
            ways[way]?.(response);
            checked.then(judged.resolve, judged.reject);
            return checked;
          }),
        );
        const status = await fetch(server.url, { headers }).then(
          (response) => response.status,
          () => null,
        );
        await judged.promise;
        expect(status).toBe(way === "hung up" ? null : 408);
        expect([service.asked.length, passed, await unhandled.reasons()]).toEqual([1, [], []]);
      },
    );
  },
);

describe.each(Object.entries(servers))("%s: what goes wrong while a request is let on or answered", (_name, serve) => {
  test.each([valid(), { valid: false, code: "REVOKED" }])("is handed on as the request's error: %o", async (say) => {
    using unhandled = watchUnhandled();
    await using service = await startKeyService({ say });
    const check = requireApiKey({ verifier: verifierOf(service) });
    await using server = await listen(
      serve((request, response, next) => {
        const refuse = () => {
          throw new Error("no more headers");
        };
        Object.assign(response, { appendHeader: refuse, setHeader: refuse });
        return check(request, response, (error) => {
          Reflect.deleteProperty(response, "appendHeader");
          Reflect.deleteProperty(response, "setHeader");
          next(error);
        });
      }),
    );
    expect((await fetch(server.url, { headers })).status).toBe(500);
    expect(await unhandled.reasons()).toEqual([]);
  });

  test("also what the handler behind it throws", async () => {
    using unhandled = watchUnhandled();
    await using service = await startKeyService();
    const check = requireApiKey({ verifier: verifierOf(service) });
    await using server = await listen(
      serve((request, response, next) =>
        check(request, response, (error) => {
          if (error === undefined) throw new Error("the handler's own");
          next(error);
        }),
      ),
    );
    expect((await fetch(server.url, { headers })).status).toBe(500);
    expect(await unhandled.reasons()).toEqual([]);
  });

  test("also when that had begun to answer", async () => {
    await using service = await startKeyService();
    const check = requireApiKey({ verifier: verifierOf(service) });
    const told: unknown[] = [];
    await using server = await listen(
      serve((request, response) =>
        check(request, response, (error) => {
          if (error === undefined) {
            response.write("half");
            throw new Error("the handler's own");
          }
          told.push(error);
          response.end();
        }),
      ),
    );
    expect(await (await fetch(server.url, { headers })).text()).toBe("half");
    expect(told).toEqual([new Error("the handler's own")]);
  });
});
