// The life of a token with viem alone: bearer tokens in the transport.
import { readFileSync } from 'node:fs';
import { createPublicClient, createWalletClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { life } from './viem_life.mjs';

const stage = JSON.parse(readFileSync(0, 'utf8'));
const chain = {
    id: stage.chainId,
    name: 'Prividium',
    nativeCurrency: { name: 'ETH', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [`${stage.url}/rpc`] } },
};

function clientsOf({ key, token }) {
    const headers = { authorization: `Bearer ${token}` };
    const transport = http(undefined, { fetchOptions: { headers }, retryCount: 0 });
    const account = privateKeyToAccount(key);
    return {
        reader: createPublicClient({ account, chain, transport, pollingInterval: 50 }),
        writer: createWalletClient({ account, chain, transport }),
    };
}

console.log(JSON.stringify(await life(stage, clientsOf)));
