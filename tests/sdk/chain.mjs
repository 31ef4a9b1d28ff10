// `createPrividiumChain` with the token that the popup left in the storage: REST, contract ABI, reads, and the end of the
// session.
import { readFileSync } from 'node:fs';
import { createPublicClient } from 'viem';
import { createPrividiumChain } from 'prividium';

const stage = JSON.parse(readFileSync(0, 'utf8'));
const kept = new Map();
const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
};
const session = { rawToken: stage.holder.token, expiresAt: stage.expiresAt };
storage.setItem(`prividium_token_${stage.chainId}`, JSON.stringify(session));
let expired = 0;
const prividium = createPrividiumChain({
    clientId: stage.clientId,
    chain: { id: stage.chainId, name: 'Prividium', nativeCurrency: { name: 'ETH', symbol: 'ETH', decimals: 18 } },
    authBaseUrl: stage.url,
    prividiumApiBaseUrl: stage.url,
    redirectUrl: 'http://localhost:24101/callback',
    storage,
    onAuthExpiry: () => {
        expired += 1;
    },
});
const reader = createPublicClient({ chain: prividium.chain, transport: prividium.transport });
const contract = await prividium.fetchContractAbi(stage.token);
const found = {
    authorized: prividium.isAuthorized(),
    displayName: (await prividium.fetchUser()).displayName,
    functions: contract.functions.map((entry) => entry.name).sort(),
    chainId: await reader.getChainId(),
    balance: Number(await reader.getBalance({ address: stage.holder.address })),
    walletUrl: (await prividium.getWalletRpcUrl()).startsWith(`${stage.url}/rpc/wallet/`),
};
await fetch(`${stage.url}/api/auth/logout`, { method: 'POST', headers: prividium.getAuthHeaders() });
const refused = await reader.getBlockNumber().catch((error) => error.code ?? error.cause?.code);
console.log(JSON.stringify({ ...found, refused, authorizedAtLast: prividium.isAuthorized(), expired }));
