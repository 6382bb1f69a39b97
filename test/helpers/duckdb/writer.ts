/** Has a database file open for writing until its standard input ends. */

import { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(process.argv[2] ?? '');
const connection = await instance.connect();
await connection.run("insert into people values ('bob@example.test')");
process.stdout.write('open\n');
process.stdin.resume();
process.stdin.once('end', () => {
  connection.closeSync();
  instance.closeSync();
});
