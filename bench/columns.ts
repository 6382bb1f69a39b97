/** The nine fields of the measured model. */
export const columns = [
  'email',
  'first_name',
  'last_name',
  'phone_number',
  'title',
  'company',
  'city',
  'state',
  'country',
] as const;

export const model = `select ${columns.join(', ')} from public.people`;
