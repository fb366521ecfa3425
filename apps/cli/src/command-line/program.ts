import { Command, Option } from 'commander';
import { DIVERGING_SCALES, SEQUENTIAL_SCALES, VIEWS } from '@pellucid/render';
import { animateMaps, type AnimateRequest } from '../commands/animate.ts';
import { differentiateModels, type DifferentiateRequest } from '../commands/differentiate.ts';
import { explainInputs, type ExplainRequest } from '../commands/explain.ts';
import { listLayers, type LayersRequest } from '../commands/layers.ts';
import { listMethods, type MethodsRequest } from '../commands/methods.ts';
import { parseBinding } from '../inputs/bindings.ts';
import { parseNames, parsePercentage, parsePositive, parseRange, parseSamples, parseSeed, parseTarget } from './parse-values.ts';
import { presentError } from './present-error.ts';
import type { Terminal } from './terminal.ts';

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

const backendOption = (): Option =>
  new Option('--backend <name>', 'engine family; follows from MODEL unless its ending is unusual').choices(['onnxruntime', 'tfjs']);
const engineOption = (): Option =>
  new Option('--engine <name>', 'engine within the tfjs backend (default: the first of these that works)').choices(['node-gpu', 'node', 'wasm', 'cpu']);

const straightThroughOption = (): Option =>
  new Option('--straight-through', 'let gradients pass quantisation: inside its range unchanged, outside zero');

/** Asks for options once all are read: an option that is written wrong is told first, with the nearest name. */
function requiring(command: Command, ...names: readonly string[]): Command {
  return command.hook('preAction', () => {
    const missing = command.options.find((option) => names.includes(option.attributeName()) && command.getOptionValue(option.attributeName()) === undefined);
    if (missing !== undefined) command.error(`error: required option '${missing.flags}' not specified`);
  });
}

/** For models with several inputs. */
function withInputs(command: Command): Command {
  return command
    .option('--input <name>', 'the input of the model that is explained, where it has several')
    .option('--bind <name=file>', 'values of another input, a .npy file for one sample or for every sample of the batch; may be repeated', parseBinding);
}

/** How maps become colours: the same for single pictures and animations. */
function withColours(command: Command): Command {
  return command
    .addOption(new Option('--sign <sign>', 'which values to draw (default: all where some are negative, else positive)').choices(['all', 'positive', 'negative', 'absolute']))
    .option('--outliers <percent>', 'share of the mass that is cut to full colour (default: 10 for signed maps, else 2)', parsePercentage)
    .option('--scale <name>', `colours: ${DIVERGING_SCALES.join(', ')} for sign "all"; else ${SEQUENTIAL_SCALES.join(', ')}`);
}

const EXAMPLES = `
Examples:
  pellucid explain resnet.onnx cat.jpg dog.jpg --method grad-cam --method integrated-gradients --preprocess imagenet
  pellucid explain model.json photos --method occlusion --options '{"window":[32,32],"stride":[16,16]}' --target 281 --out maps`;

function explainCommand(terminal: Terminal): Command {
  return requiring(withInputs(withColours(new Command('explain'))), 'method')
    .description('Write a map for each input and method: raw values (.npy), how it was made (.json) and a picture (.png).')
    .argument('<model>', 'an .onnx file or the model.json of a tfjs model')
    .argument('<input...>', 'PNG, JPEG or WebP images, folders of them, or .npy arrays (a sample or a batch, used as they are)')
    .option('--method <name>', 'method, or package that offers one; may be repeated', collect)
    .option('--options <json>', 'options of the method; with several methods an object keyed by method name')
    .option('--target <classes>', '"predicted", one class index, or one per sample: 281,207', parseTarget, 'predicted')
    .option('--layer <name>', 'layer to look at, for methods that look at one; "last": the last one with height and width')
    .option('--seed <number>', 'for methods that draw random numbers', parseSeed, 0)
    .option('--preprocess <name>', 'for images: none, unit (x/255), symmetric (x/127.5-1), imagenet, or a .json file (default: unit)')
    .option('--labels <file>', 'class names, one per line')
    .addOption(backendOption())
    .addOption(engineOption())
    .addOption(straightThroughOption())
    .addOption(new Option('--view <name>', 'how to show a map with its picture').choices(['overlay', ...VIEWS]).default('overlay'))
    .option('--range <value>', 'value of full colour, to compare pictures; "shared": one for all maps of a method (default: found from each map)', parseRange)
    .option('--contours', 'contour lines over the pictures')
    .option('--svg', 'figures with titles, colour bars and alternative text as .svg, too')
    .option('--animate', 'one animation per method over all samples, in one scale: .webp and .gif')
    .option('--out <folder>', 'folder for the results', 'maps')
    .addHelpText('after', EXAMPLES)
    .action((model: string, inputs: readonly string[], request: ExplainRequest) => explainInputs(model, inputs, request, terminal));
}

function animateCommand(terminal: Terminal): Command {
  return withColours(new Command('animate'))
    .description('Animate maps of a network while it learns, <name>.<method>.npy with the .json beside each: one .webp and one .gif per method, in one scale.')
    .argument('<folder>', 'where the maps are, as `explainEpochs` of @pellucid/training writes them')
    .option('--image <file...>', 'pictures to show below the maps, one per sample')
    .option('--sample <numbers>', 'samples of the maps to show side by side', parseSamples, [0])
    .option('--range <value>', 'value of full colour, to compare animations (default: found from the maps of each)', parsePositive('--range'))
    .option('--delay <ms>', 'milliseconds of each frame', parsePositive('--delay'), 400)
    .option('--out <folder>', 'folder for the animations (default: that of the maps)')
    .action((folder: string, request: AnimateRequest) => animateMaps(folder, request, terminal));
}

function layersCommand(terminal: Terminal): Command {
  return withInputs(new Command('layers'))
    .description('List the layers of a model: name, operator, shape, other names.')
    .argument('<model>', 'an .onnx file or the model.json of a tfjs model')
    .addOption(backendOption())
    .addOption(engineOption())
    .option('--json', 'as JSON')
    .action((model: string, request: LayersRequest) => listLayers(model, request, terminal));
}

function methodsCommand(terminal: Terminal): Command {
  return new Command('methods')
    .description('List the methods that are installed: name, kind, needs, options with defaults, paper.')
    .option('--json', 'as JSON')
    .action((request: MethodsRequest) => listMethods(request, terminal));
}

const RULES = `
Rules: guided-backprop, deconvolution, deep-lift; lrp and its composites epsilon, gamma, alpha1-beta0, z-plus, epsilon-plus, epsilon-plus-flat,
epsilon-plus-w-square, epsilon-alpha2-beta1, epsilon-alpha2-beta1-flat, epsilon-gamma-box; and those of installed packages (\`pellucid methods --json\`
lists them as \`rules\`).
  deep-lift   adds an input <INPUT>/baseline per input; <INPUT>/gradient holds the multipliers of each sample against its baseline
  lrp         <OUTPUT>/cotangent is the relevance that is passed back, <INPUT>/gradient what arrives

Examples:
  pellucid differentiate resnet.onnx --wrt inputs --out resnet.gradient.onnx
  pellucid differentiate resnet.onnx --wrt inputs --rules epsilon-gamma-box --options '{"low":-2.2,"high":2.7}' --out resnet.lrp.onnx`;

function differentiateCommand(terminal: Terminal): Command {
  return requiring(new Command('differentiate'), 'wrt', 'out')
    .description('Write a model that also computes gradients and runs in any ONNX runtime: new input <OUTPUT>/cotangent, new outputs <NAME>/gradient.')
    .argument('<model...>', '.onnx files')
    .option('--wrt <names>', '"inputs" (every floating-point input), or inputs, tensors or layers separated by commas', parseNames)
    .option('--of <output>', 'output to differentiate (default: the only floating-point one)')
    .option('--rules <name>', 'replace the true derivative by the backward rules of a method, or of one of its presets: see below')
    .option('--options <json>', 'options of the rules: \'{"epsilon":0.01}\'')
    .addOption(straightThroughOption())
    .addOption(new Option('--unreachable <answer>', 'what a tensor gets that the output does not depend on').choices(['error', 'zero']).default('error'))
    .option('--out <path>', 'an .onnx file; a folder where there are several models')
    .addHelpText('after', RULES)
    .action((models: readonly string[], request: DifferentiateRequest) => differentiateModels(models, request, terminal));
}

/** Runs the command line with these arguments and gives the exit status. Nothing is thrown. */
export async function run(argumentList: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const output = {
    writeOut: (text: string) => {
      terminal.print(text.trimEnd());
    },
    writeErr: (text: string) => {
      terminal.report(text.trimEnd());
    },
  };
  const program = new Command('pellucid').description('Explains what image models look at.').helpCommand(true);
  for (const command of [explainCommand(terminal), animateCommand(terminal), layersCommand(terminal), methodsCommand(terminal), differentiateCommand(terminal)]) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput(output).showHelpAfterError('(`pellucid --help` and `pellucid explain --help` say more)');
  }
  try {
    await program.parseAsync(argumentList, { from: 'user' });
    return 0;
  } catch (error) {
    const { status, message } = presentError(error);
    if (message !== null) terminal.report(message);
    return status;
  }
}
