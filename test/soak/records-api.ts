interface Page {
  readonly result: readonly { readonly id: string }[];
  readonly page: { readonly cursor: string | null };
}

/** The ids of all records that the gateway lists for a person, page by page. */
export async function listedForAPerson(url: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query: string = `state=needs_attention&limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const response = await fetch(`${url}/v1/records?${query}`);
    if (!response.ok) throw new Error(`GET /v1/records: ${response.status} ${await response.text()}`);
    const { result, page } = (await response.json()) as Page;
    for (const { id } of result) ids.add(id);
    cursor = page.cursor;
  }
  return ids;
}
