// node build.mjs SOURCE.js WIT OUTPUT.wasm: makes a component of a program, with
// the package @bytecodealliance/componentize-js.
import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';

const [sourcePath, witPath, output] = process.argv.slice(2);
const { component } = await componentize({
  sourcePath,
  witPath,
  worldName: 'program',
  disableFeatures: ['http', 'fetch-event'],
});
await writeFile(output, component);
