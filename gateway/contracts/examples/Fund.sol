// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Fund
/// @notice Shares of a tokenised money-market fund as a plain ERC-20 (EIP-20). The administrator appoints issuers; issuers
/// mint on subscription and burn on redemption. Who may hold or transfer shares is not decided here: on a private chain
/// that is the policy's part, and it holds for every contract alike.
contract Fund {
    error NotAdministrator(address caller);
    error NotIssuer(address caller);
    error InsufficientBalance(address holder, uint256 balance, uint256 needed);
    error InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error ZeroAddress();

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event IssuerSet(address indexed account, bool enabled);

    string public name;
    string public symbol;
    /// @notice As usual for funds kept in euro or dollar: six decimals.
    uint8 public constant decimals = 6;
    address public immutable administrator;

    uint256 public totalSupply;
    mapping(address holder => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address account => bool) public isIssuer;

    constructor(string memory name_, string memory symbol_, address administrator_) {
        require(administrator_ != address(0), ZeroAddress());
        name = name_;
        symbol = symbol_;
        administrator = administrator_;
    }

    modifier onlyIssuer() {
        require(isIssuer[msg.sender], NotIssuer(msg.sender));
        _;
    }

    function setIssuer(address account, bool enabled) external {
        require(msg.sender == administrator, NotAdministrator(msg.sender));
        isIssuer[account] = enabled;
        emit IssuerSet(account, enabled);
    }

    function mint(address to, uint256 value) external onlyIssuer {
        require(to != address(0), ZeroAddress());
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function burn(address from, uint256 value) external onlyIssuer {
        _debit(from, value);
        totalSupply -= value;
        emit Transfer(from, address(0), value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            require(allowed >= value, InsufficientAllowance(msg.sender, allowed, value));
            allowance[from][msg.sender] = allowed - value;
        }
        _transfer(from, to, value);
        return true;
    }

    function _transfer(address from, address to, uint256 value) private {
        require(to != address(0), ZeroAddress());
        _debit(from, value);
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }

    function _debit(address from, uint256 value) private {
        uint256 balance = balanceOf[from];
        require(balance >= value, InsufficientBalance(from, balance, value));
        balanceOf[from] = balance - value;
    }
}
