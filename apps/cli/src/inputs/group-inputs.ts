import type { InputFile } from './list-inputs.ts';

/** An input and the number of its samples. */
export interface CountedInput {
  readonly file: InputFile;
  readonly samples: number;
}

/** Groups inputs, in order, so that a group has at most `most` samples; an input with more is a group by itself. */
export function groupInputs(inputs: readonly CountedInput[], most: number): readonly (readonly CountedInput[])[] {
  const groups: CountedInput[][] = [];
  let room = 0;
  for (const input of inputs) {
    const group = groups.at(-1);
    if (group !== undefined && input.samples <= room) group.push(input);
    else {
      groups.push([input]);
      room = most;
    }
    room -= input.samples;
  }
  return groups;
}
