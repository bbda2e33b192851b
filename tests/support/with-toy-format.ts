import { addFormat } from '../../src/specs/formats/formats.ts';
import { toy } from './toy-format.ts';

/* Loaded before the command line is, this adds a format to it. */

addFormat(toy);
