// Audits a running server against the GraphQL over HTTP draft:
//   node graphql_http.mjs FOLDER URL TOKEN
// FOLDER holds node_modules with graphql-http; TOKEN is sent with each request, because GET is served only
// to those who say who they are. Prints one JSON line for each audit: {id, name, status, reason}.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, url, token] = process.argv.slice(2);
const { serverAudits } = createRequire(join(folder, "index.js"))("graphql-http");

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};

for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ id, name, status, reason }));
}
