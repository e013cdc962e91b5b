/** The first request with a new key, ready to paste. */

const MODEL = "openai/gpt-4o-mini";

export function snippetsFor(url: string, key: string): [name: string, text: string][] {
  const base = `${url.replace(/\/$/, "")}/api/v1`;
  return [
    [
      "curl",
      [
        `curl ${base}/chat/completions \\`,
        `  --header 'Authorization: Bearer ${key}' \\`,
        `  --header 'Content-Type: application/json' \\`,
        `  --data '{"model": "${MODEL}", "messages": [{"role": "user", "content": "Hello"}]}'`,
      ].join("\n"),
    ],
    [
      "Python",
      [
        "from openai import OpenAI",
        "",
        `client = OpenAI(base_url="${base}", api_key="${key}")`,
        "answer = client.chat.completions.create(",
        `    model="${MODEL}", messages=[{"role": "user", "content": "Hello"}]`,
        ")",
        "print(answer.choices[0].message.content)",
      ].join("\n"),
    ],
    [
      "JavaScript",
      [
        'import OpenAI from "openai";',
        "",
        `const client = new OpenAI({ baseURL: "${base}", apiKey: "${key}" });`,
        "const answer = await client.chat.completions.create({",
        `  model: "${MODEL}",`,
        '  messages: [{ role: "user", content: "Hello" }],',
        "});",
        "console.log(answer.choices[0].message.content);",
      ].join("\n"),
    ],
    ["Environment", `OPENAI_BASE_URL=${base}\nOPENAI_API_KEY=${key}`],
  ];
}
