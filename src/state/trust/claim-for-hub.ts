/**
 * Part of a statement that writes what a Hub accepted or listed: from then on the snapshot belongs to it. `syncId` and
 * `address` are the parameters of the statement.
 */
export function claimForHub(condition: string, syncId: string, address: string): string {
  return `update syncs set hub_address = ${address} where id = ${syncId} and hub_address is null and ${condition}`;
}
