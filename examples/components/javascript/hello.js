// A program and nothing else: what every component of this world exports.
export const run = {
  run() {
    console.log('hello from JavaScript');
  },
};

export const worker = {
  start() {},
};
