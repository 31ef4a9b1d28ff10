// What viem does with a token, whatever its transport: deploy, mint, transfer, approve, spend, read, and be refused.
import { TransactionReceiptNotFoundError } from 'viem';

export async function life(stage, clientsOf) {
    const { abi, amounts } = stage;
    const address = stage.token;
    const issuer = clientsOf(stage.issuer);
    const holder = clientsOf(stage.holder);
    const spender = clientsOf(stage.spender);

    async function write(actor, functionName, args) {
        const { request } = await actor.reader.simulateContract({ address, abi, functionName, args });
        const hash = await actor.writer.writeContract(request);
        const receipt = await actor.reader.waitForTransactionReceipt({ hash });
        if (receipt.status !== 'success') throw new Error(`${functionName}: ${receipt.status}`);
        return hash;
    }
    const read = (actor, functionName, args) => actor.reader.readContract({ address, abi, functionName, args });

    const hash = await issuer.writer.deployContract({
        abi,
        bytecode: stage.bytecode,
        args: ['Token', 'TKN', stage.issuer.address],
    });
    const deployed = await issuer.reader.waitForTransactionReceipt({ hash });
    await write(issuer, 'setIssuer', [stage.issuer.address, true]);
    await write(issuer, 'mint', [stage.holder.address, BigInt(amounts.minted)]);
    await write(holder, 'transfer', [stage.spender.address, BigInt(amounts.transferred)]);
    const approval = await write(holder, 'approve', [stage.spender.address, BigInt(amounts.approved)]);
    await write(spender, 'transferFrom', [stage.holder.address, stage.spender.address, BigInt(amounts.moved)]);
    const events = await holder.reader.getContractEvents({ address, abi, eventName: 'Transfer', fromBlock: 0n });
    return {
        token: deployed.contractAddress.toLowerCase() === address ? 'as predicted' : deployed.contractAddress,
        holderBalance: Number(await read(holder, 'balanceOf', [stage.holder.address])),
        spenderBalance: Number(await read(spender, 'balanceOf', [stage.spender.address])),
        allowanceLeft: Number(await read(holder, 'allowance', [stage.holder.address, stage.spender.address])),
        transfersSeenByHolder: events.map((event) => Number(event.args.value)),
        foreignBalance: await refusal(() => read(holder, 'balanceOf', [stage.spender.address])),
        tooMuch: await refusal(() => write(holder, 'transfer', [stage.spender.address, 10n ** 12n])),
        foreignReceipt: await refusal(() => spender.reader.getTransactionReceipt({ hash: approval })),
    };
}

async function refusal(action) {
    try {
        await action();
    } catch (error) {
        const causes = [];
        for (let cause = error; cause; cause = cause.cause) causes.push(cause);
        if (causes.some((cause) => cause.code === -32001 && /forbidden/.test(cause.message))) return 'forbidden';
        if (causes.some((cause) => cause instanceof TransactionReceiptNotFoundError)) return 'not found';
        if (causes.some((cause) => cause.name === 'ContractFunctionRevertedError')) return 'reverted';
        throw error;
    }
    return 'allowed';
}
