/** A file as its publisher offers it. */
export interface PublishedFile {
  /** Its name in the data set's folder. */
  readonly name: string;
  readonly url: string;
  /** As published beside it. */
  readonly md5: string;
  /** The files inside, where it is an archive (tar, gzip) that is unpacked and not kept. */
  readonly archive?: readonly string[] | undefined;
}

/** A data set that can be downloaded. */
export interface Publication {
  readonly title: string;
  readonly licence: string;
  readonly files: readonly PublishedFile[];
}

const FASHION_MNIST = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com';
const SVHN = 'http://ufldl.stanford.edu/housenumbers';

/** The name of a data set that can be downloaded. */
export type FetchableDataset = 'fashion-mnist' | 'svhn' | 'cifar10';

/** Where the publishers keep their data sets. */
export const PUBLICATIONS: Readonly<Record<FetchableDataset, Publication>> = {
  'fashion-mnist': {
    title: 'Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, Zalando Research)',
    licence: 'MIT licence',
    files: [
      { name: 'train-images-idx3-ubyte.gz', url: `${FASHION_MNIST}/train-images-idx3-ubyte.gz`, md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d' },
      { name: 'train-labels-idx1-ubyte.gz', url: `${FASHION_MNIST}/train-labels-idx1-ubyte.gz`, md5: '25c81989df183df01b3e8a0aad5dffbe' },
      { name: 't10k-images-idx3-ubyte.gz', url: `${FASHION_MNIST}/t10k-images-idx3-ubyte.gz`, md5: 'bef4ecab320f06d8554ea6380940ec79' },
      { name: 't10k-labels-idx1-ubyte.gz', url: `${FASHION_MNIST}/t10k-labels-idx1-ubyte.gz`, md5: 'bb300cfdad3c16e7a12a480ee83cd310' },
    ],
  },
  svhn: {
    title: 'SVHN, cropped digits (Netzer et al. 2011, Stanford)',
    licence: 'for non-commercial use only, as its publishers state',
    files: [
      { name: 'train_32x32.mat', url: `${SVHN}/train_32x32.mat`, md5: 'e26dedcc434d2e4c54c9b2d4a06d8373' },
      { name: 'test_32x32.mat', url: `${SVHN}/test_32x32.mat`, md5: 'eb5a983be6a315427106f1b164d9cef3' },
    ],
  },
  cifar10: {
    title: 'CIFAR-10, binary version (Krizhevsky 2009, Toronto)',
    licence: 'none stated; its publishers ask to cite the technical report "Learning Multiple Layers of Features from Tiny Images"',
    files: [{
      name: 'cifar-10-binary.tar.gz', url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', md5: 'c32a1d4ab5d03f1284b67883e8d87530',
      archive: ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin', 'test_batch.bin'],
    }],
  },
};
