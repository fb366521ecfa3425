/**
 * The answers to questions, in their order. The next question is prepared and asked while the one before is on its way, so that a model on other threads does not wait for
 * its questions; `isAhead: false`, for answers that may not be needed, asks one at a time. What was asked has ended when this ends, however it does.
 * @throws what `ask` throws.
 */
export async function* askAhead<Question, Answer>(
  questions: Iterable<Question>, ask: (question: Question) => Promise<Answer>, isAhead = true,
): AsyncGenerator<Answer, void, undefined> {
  const asked: Promise<Answer>[] = [];
  try {
    for (const question of questions) {
      const answer = ask(question);
      // A failure is told in its turn; until then nobody listens.
      answer.catch(() => undefined);
      asked.push(answer);
      const [oldest] = asked;
      if (oldest === undefined || (isAhead && asked.length === 1)) continue;
      const found = await oldest;
      asked.shift();
      yield found;
    }
    for (const answer of asked) yield await answer;
  } finally {
    await Promise.allSettled(asked);
  }
}

/** Places that are asked for together: `count` of them from `first` on. */
export interface Piece {
  readonly first: number;
  readonly count: number;
}

/** The places below `total` in pieces of a size. */
export function cutPieces(total: number, size: number): Piece[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({ first: i * size, count: Math.min(size, total - i * size) }));
}

/**
 * Gives memory for so many samples of a size, in two places by turns: a piece is made in one while the model reads the other. Fresh memory for each piece costs more
 * than what is written into it.
 */
export function placesByTurns(size: number): (count: number) => Float32Array {
  let [place, other] = [new Float32Array(0), new Float32Array(0)];
  return (count) => {
    [place, other] = [other.length < count * size ? new Float32Array(count * size) : other, place];
    return place.subarray(0, count * size);
  };
}
