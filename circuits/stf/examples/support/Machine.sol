// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// A contract that does whatever a generated transaction asks. Built like Token.sol; ChildInit.hex is the init code of Child.
contract Machine {
    event Seen(address indexed who, uint256 indexed value, bytes data);

    error Failed(uint256 value);

    mapping(uint256 => uint256) public slots;
    address public last;

    function store(uint256 slot, uint256 value) external payable {
        slots[slot] = value;
    }

    function fill(uint256 from, uint256 count, uint256 value) external {
        for (uint256 i = 0; i < count; i++) slots[from + i] = value;
    }

    function log(uint256 value, bytes calldata data) external {
        emit Seen(msg.sender, value, data);
    }

    function fail(uint256 value) external {
        slots[0] = value;
        revert Failed(value);
    }

    function spin() external {
        while (true) slots[1]++;
    }

    function forward(address target, uint256 value, bytes calldata data) external payable returns (bool done) {
        (done,) = target.call{value: value}(data);
        slots[2] = done ? 1 : 2;
    }

    function ask(address target, bytes calldata data) external returns (bool done) {
        bytes memory answer;
        (done, answer) = target.staticcall(data);
        slots[3] = uint256(keccak256(answer));
    }

    function borrow(address target, bytes calldata data) external returns (bool done) {
        (done,) = target.delegatecall(data);
    }

    function spawn(bytes32 salt, uint256 value) external {
        last = address(new Child{salt: salt}(value));
    }

    function spawnPlain(uint256 value) external payable {
        last = address(new Child{value: msg.value}(value));
    }

    function spawnAndKill(bytes32 salt, address heir) external payable {
        Child child = new Child{salt: salt, value: msg.value}(7);
        child.kill(payable(heir));
        last = address(child);
    }

    function touchLast(uint256 value) external {
        Child(last).set(value);
    }

    function killLast(address heir) external {
        Child(last).kill(payable(heir));
    }

    function recall(uint256 back) external {
        slots[4] = uint256(blockhash(block.number - back));
        slots[5] = block.timestamp ^ block.prevrandao ^ uint160(address(block.coinbase)) ^ block.chainid ^ block.basefee;
    }

    function digest(bytes calldata data) external {
        slots[6] = uint256(sha256(data)) ^ uint160(ripemd160(data)) ^ uint256(keccak256(data));
    }

    function recover(bytes32 hash, uint8 v, bytes32 r, bytes32 s) external {
        slots[7] = uint160(ecrecover(hash, v, r, s));
    }

    function mark(uint256 value) external {
        assembly {
            tstore(1, value)
            sstore(99, add(tload(1), tload(2)))
        }
    }

    receive() external payable {}
}

contract Child {
    uint256 public value;
    mapping(uint256 => uint256) public more;

    constructor(uint256 initial) payable {
        value = initial;
        more[initial] = initial;
    }

    function set(uint256 next) external {
        more[value] = 0;
        value = next;
        more[next] = next;
    }

    function kill(address payable heir) external {
        selfdestruct(heir);
    }
}
