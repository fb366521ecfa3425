#!/usr/bin/env node
import { run } from './program.ts';

// `npm run` changes the working directory and keeps the user's in INIT_CWD.
process.exitCode = await run(process.argv.slice(2), {
  folder: process.env['INIT_CWD'] ?? process.cwd(),
  print: (text) => void process.stdout.write(`${text}\n`),
  report: (text) => void process.stderr.write(`${text}\n`),
});
