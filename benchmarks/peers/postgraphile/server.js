// PostGraphile 5 in production settings: no IDE, no explain, dictionary of parsed documents, equal pools.
// Environment: DATABASE_URL, PORT, WORKERS, POOL; RLS is a JSON object {token: {low, high}} for the
// second column, whose every request runs as a visitor confined to a range of paths.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

const workers = Number(process.env.WORKERS ?? "1");
const ranges = process.env.RLS ? JSON.parse(process.env.RLS) : null;

function visitor(requestContext) {
  const header = requestContext.node?.req.headers.authorization ?? "";
  const range = ranges[header.replace(/^Bearer /, "")];
  if (!range) throw new Error("unknown token");
  return { role: "bench_visitor", "bench.low": range.low, "bench.high": range.high };
}

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: Number(process.env.POOL ?? "4") },
    }),
  ],
  grafast: {
    explain: false,
    ...(ranges ? { context: (requestContext) => ({ pgSettings: visitor(requestContext) }) } : null),
  },
  grafserv: { graphiql: false, watch: false, websockets: false, maxRequestLength: 100_000 },
};

async function serve() {
  const pgl = postgraphile(preset);
  const serv = pgl.createServ(grafserv);
  const server = createServer();
  server.on("error", (error) => { console.error(error); process.exit(1); });
  await serv.addTo(server);
  server.listen(Number(process.env.PORT), "127.0.0.1");
}

if (workers > 1 && cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  await serve();
}
