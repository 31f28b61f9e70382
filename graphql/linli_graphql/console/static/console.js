"use strict";

(() => {
  const script = document.currentScript;
  const asked = new URLSearchParams(location.search);
  const endpoint = new URL(script.dataset.endpoint, document.baseURI);
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

  // GraphiQL's scroll lock writes one <style>; this global is where it looks for the nonce.
  window.__webpack_nonce__ = script.nonce;

  const fetcher = GraphiQL.createFetcher({
    url: endpoint.href,
    subscriptionUrl: socket.href,
    enableIncrementalDelivery: false,
    // The last one says that this page means it: the server then believes the cookie of a sign-in.
    headers: { accept: "application/graphql-response+json, application/json;q=0.9", "x-linli-request": "console" },
  });

  // An untouched "Bearer " would be refused as a bad token; nobody signed in is what it means.
  function withoutEmptyToken(headers) {
    const given = Object.entries(headers ?? {});
    return Object.fromEntries(
      given.filter(([name, value]) => name.toLowerCase() !== "authorization" || !/^(bearer)?\s*$/i.test(value)),
    );
  }

  // GraphiQL keeps the headers of a tab now and then in spite of `shouldPersistHeaders`: none get past here.
  function withoutHeaders(text) {
    try {
      return JSON.stringify(JSON.parse(text, (name, value) => (name === "headers" ? undefined : value)));
    } catch {
      return text;
    }
  }

  const kept = window.sessionStorage;
  const storage = {
    get length() {
      return kept.length;
    },
    key: (index) => kept.key(index),
    getItem: (name) => kept.getItem(name),
    setItem: (name, value) => name.endsWith(":headers") || kept.setItem(name, withoutHeaders(value)),
    removeItem: (name) => kept.removeItem(name),
    clear: () => kept.clear(),
  };

  const props = {
    fetcher: (params, options) => fetcher(params, { ...options, headers: withoutEmptyToken(options?.headers) }),
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
    defaultQuery: script.dataset.welcome,
    defaultHeaders: JSON.stringify({ Authorization: "Bearer " }, null, 2),
    defaultEditorToolsVisibility: "headers",
    // Desks are shared: queries are forgotten with the tab, tokens with the page.
    storage,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
  };

  ReactDOM.createRoot(document.getElementById("graphiql")).render(React.createElement(GraphiQL, props));
})();
