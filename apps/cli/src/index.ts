export { run } from './command-line/program.ts';
export { processTerminal, type Terminal } from './command-line/terminal.ts';
