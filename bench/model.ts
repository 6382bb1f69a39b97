import { fieldNames } from '../src/core/model/terms.ts';

/** The nine built-in fields are the columns of the measured model. */
export const columns = fieldNames;

export const model = `select ${columns.join(', ')} from public.people`;
