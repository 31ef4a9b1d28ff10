// What a page of an application does with the SDK in a browser; bundled for tests/browser/test_popup.py.
import { createPublicClient } from 'viem';
import { createPrividiumChain, handleAuthCallback } from 'prividium';

function start({ clientId, node, chainId }) {
    const prividium = createPrividiumChain({
        clientId,
        chain: { id: chainId, name: 'Prividium', nativeCurrency: { name: 'ETH', symbol: 'ETH', decimals: 18 } },
        authBaseUrl: node,
        prividiumApiBaseUrl: node,
        redirectUrl: `${window.location.origin}/callback`,
    });
    const client = createPublicClient({ chain: prividium.chain, transport: prividium.transport });
    return { prividium, client };
}

window.application = { start, handleAuthCallback };
