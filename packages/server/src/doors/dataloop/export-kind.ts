/** The kind of command that makes an export of a dataset. */
export const exportKind = 'dataloop.export';
