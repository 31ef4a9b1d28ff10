// The life of a token with ethers: deploy, mint, transfer, approve, spend, read, and be refused.
import { readFileSync } from 'node:fs';
import { Contract, ContractFactory, FetchRequest, isError, JsonRpcProvider, Network, Wallet } from 'ethers';

const stage = JSON.parse(readFileSync(0, 'utf8'));
const { amounts } = stage;

function walletOf({ key, token }) {
    const request = new FetchRequest(`${stage.url}/rpc`);
    request.setHeader('authorization', `Bearer ${token}`);
    const network = Network.from(stage.chainId);
    // A block is there before ethers forgets the nonce that it asked for: it keeps answers for 250 ms unless told not to.
    const options = { staticNetwork: network, pollingInterval: 50, cacheTimeout: -1 };
    const provider = new JsonRpcProvider(request, network, options);
    return new Wallet(key, provider);
}

const issuer = walletOf(stage.issuer);
const holder = walletOf(stage.holder);
const spender = walletOf(stage.spender);
const as = (wallet) => new Contract(stage.token, stage.abi, wallet);

async function write(wallet, name, ...args) {
    const sent = await as(wallet)[name](...args);
    return (await sent.wait()).hash;
}

async function refusal(action) {
    try {
        const found = await action();
        return found === null ? 'not found' : 'allowed';
    } catch (error) {
        const inner = error.error ?? error.info?.error;
        if (inner?.code === -32001 && /forbidden/.test(inner.message)) return 'forbidden';
        if (isError(error, 'CALL_EXCEPTION')) return 'reverted';
        throw error;
    }
}

const factory = new ContractFactory(stage.abi, stage.bytecode, issuer);
const deployed = await factory.deploy('Token', 'TKN', issuer.address);
await deployed.waitForDeployment();
await write(issuer, 'setIssuer', issuer.address, true);
await write(issuer, 'mint', holder.address, amounts.minted);
await write(holder, 'transfer', spender.address, amounts.transferred);
const approval = await write(holder, 'approve', spender.address, amounts.approved);
await write(spender, 'transferFrom', holder.address, spender.address, amounts.moved);
const events = await as(holder).queryFilter('Transfer', 0);
const life = {
    token: (await deployed.getAddress()).toLowerCase() === stage.token ? 'as predicted' : deployed.target,
    holderBalance: Number(await as(holder).balanceOf(holder.address)),
    spenderBalance: Number(await as(spender).balanceOf(spender.address)),
    allowanceLeft: Number(await as(holder).allowance(holder.address, spender.address)),
    transfersSeenByHolder: events.map((event) => Number(event.args.value)),
    foreignBalance: await refusal(() => as(holder).balanceOf(spender.address)),
    tooMuch: await refusal(() => write(holder, 'transfer', spender.address, 10n ** 12n)),
    foreignReceipt: await refusal(() => spender.provider.getTransactionReceipt(approval)),
};
for (const wallet of [issuer, holder, spender]) wallet.provider.destroy();
console.log(JSON.stringify(life));
