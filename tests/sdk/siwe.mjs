// `prividium/siwe`: wallets sign in by themselves, then live the token's life through the SDK's transport, and use its
// REST methods and the wallet's secret address.
import { readFileSync } from 'node:fs';
import { createPublicClient, createWalletClient, encodeFunctionData, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createPrividiumSiweChain } from 'prividium/siwe';
import { life } from './viem_life.mjs';

const stage = JSON.parse(readFileSync(0, 'utf8'));
const chain = { id: stage.chainId, name: 'Prividium', nativeCurrency: { name: 'ETH', symbol: 'ETH', decimals: 18 } };

function chainOf({ key }) {
    return createPrividiumSiweChain({ account: privateKeyToAccount(key), chain, prividiumApiBaseUrl: stage.url });
}

function clientsOf(actor) {
    const prividium = chainOf(actor);
    const shared = { account: privateKeyToAccount(actor.key), chain: prividium.chain, transport: prividium.transport };
    return { reader: createPublicClient({ ...shared, pollingInterval: 50 }), writer: createWalletClient(shared) };
}

// As a browser's wallet does: it knows the secret address, and what to send was announced by the application.
async function sendByWalletAddress(prividium, account) {
    const data = encodeFunctionData({
        abi: stage.abi,
        functionName: 'transfer',
        args: [stage.spender.address, 1n],
    });
    const reader = createPublicClient({ account, chain: prividium.chain, transport: prividium.transport });
    const nonce = await reader.getTransactionCount({ address: account.address });
    const to = stage.token;
    await prividium.authorizeTransaction({ walletAddress: account.address, nonce, toAddress: to, calldata: data, value: 0n });
    const transport = http(await prividium.getWalletRpcUrl(), { retryCount: 0 });
    const wallet = createWalletClient({ account, chain: prividium.chain, transport });
    const hash = await wallet.sendTransaction({ to, data, nonce, gas: 200_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n });
    const seen = createPublicClient({ chain: prividium.chain, transport, pollingInterval: 50 });
    return (await seen.waitForTransactionReceipt({ hash })).status;
}

async function outcome(action) {
    try {
        return await action();
    } catch (error) {
        return error.details ?? error.message;
    }
}

const lived = await life(stage, clientsOf);
const account = privateKeyToAccount(stage.holder.key);
const prividium = chainOf(stage.holder);
const before = prividium.isAuthorized();
await prividium.authorize();
const user = await prividium.fetchUser();
const token = await prividium.getWalletToken();
const bySecretAddress = await sendByWalletAddress(prividium, account);
const renewed = await prividium.invalidateWalletToken();
const old = createPublicClient({ transport: http(`${stage.url}/rpc/wallet/${token}`, { retryCount: 0 }) });
const found = {
    ...lived,
    authorized: [before, prividium.isAuthorized()],
    displayName: user.displayName,
    roles: user.roles.map((role) => role.roleName),
    bySecretAddress,
    renewed: renewed !== token && renewed === (await prividium.getWalletToken()),
    oldAddress: await outcome(() => old.getChainId()),
};
prividium.unauthorize();
console.log(JSON.stringify({ ...found, authorizedAtLast: prividium.isAuthorized() }));
