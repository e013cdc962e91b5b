// Cloudflare's own TypeScript SDK against the management API; prints what came as one line of JSON.
import Cloudflare from "cloudflare";

const { BASE_URL, TOKEN, ACCOUNT, LOG_ID, SLUG } = process.env;
const client = new Cloudflare({ apiToken: TOKEN, baseURL: BASE_URL, maxRetries: 0 });
const api = client.aiGateway;
const account_id = ACCOUNT;
const inDefault = { account_id, gateway_id: "default" };
const required = {
  cache_invalidate_on_update: true,
  cache_ttl: 0,
  collect_logs: true,
  rate_limiting_interval: 0,
  rate_limiting_limit: 0,
};

const all = async (pages) => {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
};
const refused = async (call) => {
  try {
    await call;
  } catch (error) {
    return [error.status, error.errors?.[0]?.code];
  }
  return null;
};

const said = {};

const gateway = await api.create({ account_id, id: "from-js", ...required });
const changed = await api.update("from-js", { account_id, ...required, collect_logs: false });
said.gateways = {
  made: [gateway.id, gateway.collect_logs],
  changed: changed.collect_logs,
  got: (await api.get("from-js", { account_id })).modified_at === changed.modified_at,
  listed: (await all(api.list({ account_id, search: "from-js" }))).map((one) => one.id),
  deleted: (await api.delete("from-js", { account_id })).id,
  gone: await refused(api.get("from-js", { account_id })),
};

const logs = api.logs;
const where = { filters: [{ key: "id", operator: "eq", value: [LOG_ID] }] };
await logs.edit(LOG_ID, { ...inDefault, feedback: 1, score: 90, metadata: { team: "js" } });
const row = await logs.get(LOG_ID, inDefault);
said.logs = {
  row: [row.id, row.provider, JSON.parse(row.metadata)],
  listed: (await all(logs.list("default", { account_id, ...where }))).map((one) => one.id),
  request: (await logs.request(LOG_ID, inDefault)).model,
  response: Object.keys(await logs.response(LOG_ID, inDefault)).includes("choices"),
};

const filters = [{ key: "model", operator: "eq", value: ["gpt-4o-mini"] }];
const dataset = await api.datasets.create("default", { account_id, name: "js", enable: true, filters });
const replaced = await api.datasets.update(dataset.id, { ...inDefault, name: "js2", enable: true, filters });
said.datasets = {
  made: [dataset.name, dataset.filters],
  got: (await api.datasets.get(dataset.id, inDefault)).name === replaced.name,
  listed: (await all(api.datasets.list("default", { account_id, name: "js2" }))).length,
};

const types = await all(api.evaluationTypes.list({ account_id }));
const evaluation = await api.evaluations.create("default", {
  account_id,
  name: "js",
  dataset_ids: [dataset.id],
  evaluation_type_ids: types.map((one) => one.id),
});
let done = evaluation;
for (let tries = 0; !done.processed && tries < 200; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  done = await api.evaluations.get(evaluation.id, inDefault);
}
said.evaluations = {
  types: types.map((one) => one.id).sort(),
  results: Object.fromEntries(done.results.map((one) => [one.evaluation_type_id, one.status])),
  listed: (await all(api.evaluations.list("default", { account_id, search: "js" }))).length,
  deleted: (await api.evaluations.delete(evaluation.id, inDefault)).id === evaluation.id,
  dataset: (await api.datasets.delete(dataset.id, inDefault)).id === dataset.id,
};

const base_url = "https://api.acme.example";
const provider = await api.customProviders.create({ account_id, name: "Acme", slug: SLUG, base_url, enable: true });
said.customProviders = {
  made: [provider.slug, provider.base_url, provider.enable],
  got: (await api.customProviders.get(provider.id, { account_id })).name,
  listed: (await all(api.customProviders.list({ account_id, search: SLUG }))).map((one) => one.id === provider.id),
  url: await api.urls.get(`custom-${SLUG}`, inDefault),
  twice: await refused(api.customProviders.create({ account_id, name: "B", slug: SLUG, base_url })),
  deleted: (await api.customProviders.delete(provider.id, { account_id })).slug,
  gone: await refused(api.customProviders.get(provider.id, { account_id })),
};

const key = { account_id, provider_slug: "openai", alias: "js", default_config: false };
const secret = "sk-from-js-0123456789";
const config = await api.providerConfigs.create("default", { ...key, secret, rate_limit: 5 });
const configs = await all(api.providerConfigs.list("default", { account_id }));
said.providerConfigs = {
  made: [config.provider_slug, config.alias, config.default_config, config.secret_preview],
  limit: [config.rate_limit, config.rate_limit_period],
  listed: configs.filter((one) => one.id === config.id).map((one) => one.alias),
  told: JSON.stringify([config, configs]).includes(secret),
  twice: await refused(api.providerConfigs.create("default", { ...key, secret })),
  elsewhere: await refused(api.providerConfigs.create("default", { ...key, alias: "b", secret_id: "in-a-store" })),
};

said.billing = [
  await refused(api.billing.creditBalance({ account_id })),
  await refused(api.billing.invoicePreview({ account_id })),
  await refused(api.billing.topup.config.get({ account_id })),
  await refused(api.billing.spendingLimit.get({ account_id })),
];

said.deleted = await logs.delete("default", { account_id, ...where });
said.after = await refused(logs.get(LOG_ID, inDefault));
console.log(JSON.stringify(said));
