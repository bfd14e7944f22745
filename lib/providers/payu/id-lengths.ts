/** Characters of a clientTxnId that the gateway makes: a sibling product takes 14 at most, the document 100. */
export const idLengths = { preset: 20, least: 10, most: 100 };
