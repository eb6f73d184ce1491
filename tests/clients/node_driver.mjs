// Runs beside a client's node_modules: evaluates one line of code after the other.
//
//     node node_driver.mjs "const { Jobs } = await load('@uipath/uipath-typescript/jobs'); return { Jobs }"
//
// The first argument is run once; the names it returns are known to what follows. The protocol is
// that of python_driver.py. `load` imports from the folder that it runs in.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import readline from 'node:readline';

const AsyncFunction = (async () => {}).constructor;
const answer = (what) => fs.writeSync(1, JSON.stringify(what) + '\n');
console.log = console.info = console.debug = console.error; // what a client prints is no answer

// No client calls home while it is tested (the TypeScript SDK reports what it is used for).
const plainFetch = globalThis.fetch;
globalThis.fetch = (where, ...more) =>
  new URL(where.url ?? where).hostname === '127.0.0.1'
    ? plainFetch(where, ...more)
    : Promise.reject(new Error(`not from a test: ${where}`));

const require = createRequire(process.cwd() + '/');
const load = (name) => import(require.resolve(name));

const known = { load, require, ...await new AsyncFunction('load', 'require', process.argv[2])(load, require) };

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { code, names } = JSON.parse(line);
  const seen = { ...known, ...names };
  try {
    const run = new AsyncFunction(...Object.keys(seen), `return (${code})`);
    answer({ value: (await run(...Object.values(seen))) ?? null });
  } catch (error) {
    answer({ error: {
      type: error?.constructor?.name ?? typeof error,
      text: String(error?.message ?? error),
      status: error?.statusCode ?? null,
      message: error?.message ?? null,
      code: error?.errorCode ?? null,
      trace: error?.requestId ?? null,
    } });
  }
}
