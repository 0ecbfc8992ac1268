// Disconnects with Node's fetch, several at a time.
//
//   fetch.mjs EVERY CONCURRENCY
const [every, concurrency] = process.argv.slice(2).map(Number);
const url = process.env.XERO_API_URL + "/connections";
const headers = { Authorization: "Bearer " + process.env.XERO_ACCESS_TOKEN };

const connections = await (await fetch(url, { headers })).json();
const chosen = connections.filter((_, i) => (i + 1) % every === 0);

async function disconnectAll() {
  for (let connection; (connection = chosen.shift()); ) {
    const answer = await fetch(`${url}/${connection.id}`, { method: "DELETE", headers });
    if (answer.status !== 204) throw new Error("status " + answer.status);
  }
}

await Promise.all(Array.from({ length: concurrency }, disconnectAll));
