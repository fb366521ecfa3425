import { formatShape, PellucidError } from '@pellucid/core';
import type { InferenceSession, Tensor } from 'onnxruntime-common';

// Failures are thrown, with what the engine would print to standard error: only what ends the process is left to print.
const QUIET: InferenceSession.RunOptions = { logSeverityLevel: 4 };

/** What ONNX Runtime says of a node that fails, up to the reason: the place in its source is left out. */
const FAILED_NODE = /running (?:[\w.]*:)?(\w+) node\. Name:'([^']*)' Status Message: (?:\S+\.(?:h|cc|cuh?):\d+ (?:(?:[^(:]* )?onnxruntime::[^(]*\([^)]*\)(?: const)? |\S+ ))?/;

/** The text of an error without the codes that colour it in a terminal. */
function plainMessage(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\u001b\[[\d;]*m/g, '').trim().replace(/\.$/, '');
}

/**
 * Runs a session. The engine's own failures become errors that name the node.
 * @param model - its name @param shape - that of the explained input
 * @throws REQUEST_INVALID where a node refuses the sizes that come to it, or memory is short.
 */
export async function runSession(
  session: InferenceSession, feeds: Readonly<Record<string, Tensor>>, model: string, shape: readonly number[],
): Promise<Readonly<Record<string, Tensor>>> {
  try {
    return await session.run(feeds, QUIET);
  } catch (cause) {
    const message = plainMessage(cause);
    const node = FAILED_NODE.exec(message);
    const [whole = '', operator, name] = node ?? [];
    const where = operator === undefined ? 'it' : name ? `node \`${name}\` (${operator})` : `a ${operator} node`;
    const reason = node === null ? message : message.slice(node.index + whole.length);
    throw new PellucidError('REQUEST_INVALID', {
      action: `run \`${model}\` on a batch of shape ${formatShape(shape)}`,
      problem: `${where} failed in ONNX Runtime: ${reason}`,
      help: 'Free axes may not take every length: give a size that the model was made for. Fewer samples at a time need less memory.',
    }, { cause });
  }
}
