import { expect } from 'chai';
import { printRowList, rowListRequest } from '../../../../src/commands/shared/row-list.ts';
import type { RowList } from '../../../../src/commands/shared/row-list.ts';
import type { OptionValue } from '../../../../src/commands/command.ts';
import { captureTerminal } from '../../../helpers/fixtures/run-report.ts';

interface Row {
  readonly email: string;
  readonly code: string;
}

const list: RowList<Row> = {
  reasons: [
    { reason: 'email_invalid', field: 'email', message: 'the e-mail is malformed', count: 1200 },
    { reason: 'forgotten', field: null, message: null, count: 1 },
  ],
  rows: [{ email: '=ada', code: 'email_invalid' }],
  columns: { email: ({ email }) => email, code: ({ code }) => code },
  document: ({ email }) => ({ email }),
  table: { columns: ['e-mail'], cells: ({ email }) => [email], summary: 'the rows', none: 'no rows' },
};

/** What a command prints of the list with these options. */
function printed(options: Readonly<Record<string, OptionValue>>, printedList: RowList<Row> = list): string {
  const { terminal, out } = captureTerminal(false);
  const json = options['json'] === true;
  printRowList({ json, terminal }, rowListRequest({ json }, { args: [], options }), printedList);
  return out();
}

describe('a list of rows', () => {
  it('begins with counts by reason, most frequent first', () => {
    expect(printed({})).to.equal(
      [
        ' rows  reason         details',
        '1,200  email_invalid  email: the e-mail is malformed',
        '    1  forgotten',
        '',
        'e-mail',
        '=ada',
        '',
        'the rows\n',
      ].join('\n'),
    );
    expect(printed({ reason: 'forgotten' })).to.equal('rows  reason\n   1  forgotten\n\ne-mail\n=ada\n\nthe rows\n');
    expect(printed({}, { ...list, rows: [], reasons: [] })).to.equal('no rows\n');
  });

  it('names so many reasons as people read, and says how to get all', () => {
    const reasons = Array.from({ length: 23 }, (_, at) => ({ reason: `r${at}`, field: null, message: null, count: 1 }));
    expect(printed({}, { ...list, reasons })).to.match(/r19\nand 3 more reasons; --counts --csv lists them all\.\n/);
  });

  it('is JSON and CSV without them, and the counts alone in every form', () => {
    expect(JSON.parse(printed({ json: true }))).to.deep.equal([{ email: '=ada' }]);
    expect(printed({ csv: true })).to.equal("email,code\n'=ada,email_invalid\n");
    expect(JSON.parse(printed({ counts: true, json: true }))).to.deep.equal(list.reasons);
    expect(printed({ counts: true, csv: true, reason: 'email_invalid' })).to.equal(
      'reason,field,message,count\nemail_invalid,email,the e-mail is malformed,1200\n',
    );
    expect(printed({ counts: true }))
      .to.match(/^ rows {2}reason/)
      .and.to.not.contain('the rows');
  });

  it('is CSV that Excel reads as UTF-8, where asked for', () => {
    expect(printed({ csv: true, bom: true })).to.equal("\uFEFFemail,code\n'=ada,email_invalid\n");
    for (const options of [{ bom: true }, { csv: true, json: true }]) {
      expect(() => printed(options))
        .to.throw()
        .with.property('code', 'usage');
    }
  });
});
