import { explain } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { require, requireError } from './assertions.ts';
import { explainImages, imageRequest, subjectModel, type Subject } from './subject.ts';

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const EARLIEST_PAPER = 1950;

function checkDescription({ factory, make }: Subject): void {
  const { name, title, paper, needs, kind } = factory;
  require(KEBAB.test(name), `the name is in kebab case, got \`${name}\``);
  require(title.trim() !== '', 'the title is not empty');
  require(paper.authors.trim() !== '' && paper.title.trim() !== '', 'the paper has authors and a title');
  require(Number.isInteger(paper.year) && paper.year >= EARLIEST_PAPER, `the paper has a year, got ${paper.year}`);
  require(/^https:\/\/\S+$/.test(paper.url), `the paper has an https address, got \`${paper.url}\``);
  const { description } = make();
  require(
    description.name === name && description.kind === kind && description.needs.length === needs.length,
    'the configured method carries the description of its factory',
  );
  require(('begin' in make()) === (kind === 'global'), 'a method is of the kind `global` when, and only when, it accumulates batches');
}

function checkOptions({ specs, make }: Subject): void {
  const { options } = make();
  for (const [option, spec] of Object.entries(specs)) {
    require(spec.type.trim() !== '' && spec.description.trim() !== '', `option \`${option}\` says its type and what it does`);
    require(spec.accepts(spec.default), `option \`${option}\` accepts its own default`);
    require(!spec.accepts({ neither: 'a tensor nor a choice' }), `option \`${option}\` refuses a value of a wrong type`);
    require(option in options, `the configured method records option \`${option}\``);
  }
}

/** What a method says of itself, and how it refuses what it cannot do. */
export function descriptionChecks(subject: Subject): ContractCheck[] {
  const { factory, specs } = subject;
  const call = factory as (options: object) => unknown;
  const checks: ContractCheck[] = [
    {
      name: 'is described completely',
      run: async () => {
        checkDescription(subject);
      },
    },
    {
      name: 'describes its options, and accepts their defaults',
      run: async () => {
        checkOptions(subject);
        await requireError(() => call({ 'no-such-option': 1 }), 'OPTION_UNKNOWN', 'an unknown option');
        for (const option of Object.keys(specs)) {
          await requireError(() => call({ [option]: { wrong: 'type' } }), 'OPTION_INVALID', `a wrong value of \`${option}\``);
        }
      },
    },
    {
      name: 'asks the model for nothing but what it needs, and records how it was asked',
      run: async () => {
        const { provenance } = await explainImages(subject);
        require(provenance.method === factory.name, 'the explanation names the method');
        require(provenance.passes.forward > 0 || provenance.passes.backward > 0, 'the method asks the model at least once');
      },
    },
  ];
  if (factory.needs.length === 0) return checks;
  return [
    ...checks,
    {
      name: 'refuses a model that lacks what it needs',
      run: async () => {
        for (const need of factory.needs) {
          const model = subjectModel(subject, { capabilities: factory.needs.filter((other) => other !== need) });
          await requireError(() => explain(model, subject.make(), imageRequest(subject)), 'CAPABILITY_MISSING', `a model without ${need}`);
        }
      },
    },
  ];
}
