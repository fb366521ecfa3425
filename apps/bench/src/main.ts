#!/usr/bin/env node
import { runProgram } from './command-line/program.ts';
import { processTerminal } from './command-line/terminal.ts';

// A reader that closes early, as `head` does, has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
