export { CIFAR10_CLASSES, readCifar10 } from './cifar/read-cifar10.ts';
export { readIdxDataset, type IdxFiles } from './idx/idx-dataset.ts';
export { readIdx, type IdxArray, type ReadOptions } from './idx/read-idx.ts';
export { encodeAnimation, encodePng, scaleToWidth, type AnimationFormat, type EncodePngOptions, type RgbaPixels } from './images/encode-image.ts';
export { imageFolder, listImageFolder, type ImageFile, type ImageFolder, type ImageFolderOptions } from './images/image-folder.ts';
export { loadImage, preprocess, type ImageInput } from './images/load-image.ts';
export {
  parsePreprocessing, PREPROCESSINGS, type ImageSize, type Preprocessing, type PreprocessingName,
} from './images/preprocessing.ts';
export { checkImage, readImage, readImageSize, type ImagePixels, type ReadImageOptions, type Resize } from './images/read-image.ts';
export { DATASETS, loadDataset, type DatasetName, type LoadDatasetOptions } from './named/load-dataset.ts';
export { fetchDataset, type FetchedFile, type FetchOptions } from './fetch/fetch-dataset.ts';
export { PUBLICATIONS, type FetchableDataset, type Publication, type PublishedFile } from './fetch/publications.ts';
export { readMatArray, type MatArray } from './svhn/read-mat.ts';
export { readSvhn } from './svhn/read-svhn.ts';
export { embeddedDataset, type EmbeddedDatasetOptions, type Split } from './shapes/embedded-dataset.ts';
