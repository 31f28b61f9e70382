// Follows a place with the reference clients of both stream protocols:
//   node graphql_streams.mjs FOLDER PORT TOKEN GRID
// FOLDER holds node_modules with graphql-ws, graphql-sse and ws. Prints one JSON line for each event that a
// client was told, {client, data}, and ends once both have been told one.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, port, token, within] = process.argv.slice(2);
const load = createRequire(join(folder, "index.js"));
const authorization = `Bearer ${token}`;
const clients = {
  "graphql-ws": load("graphql-ws").createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: load("ws"),
    connectionParams: { Authorization: authorization },
    retryAttempts: 0,
  }),
  "graphql-sse": load("graphql-sse").createClient({
    url: `http://127.0.0.1:${port}/graphql`,
    headers: { authorization },
    retryAttempts: 0,
  }),
};
const query = "subscription ($within: ID!) { events(within: $within) { topic } }";

const follow = async (name, client) => {
  for await (const { data, errors } of client.iterate({ query, variables: { within } })) {
    console.log(JSON.stringify({ client: name, data, errors }));
    break;
  }
  await client.dispose();
};

await Promise.all(Object.entries(clients).map(([name, client]) => follow(name, client)));
