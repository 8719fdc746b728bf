"""`merkle_sum`: contract = mirror, and what a tree of sums must not let pass."""

from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chain.interface import ZERO_ADDRESS
from margin_model import merkle_sum
from margin_model.merkle_sum import MAX_SUM, Leaf, Node, Origin, Position, Tree, TreeError

BLOCK = 7
BYTES = st.binary(min_size=32, max_size=32)

signed = st.one_of(st.integers(-3, 3), st.integers(-(2**127) + 1, 2**127 - 1))
claims = st.one_of(st.integers(-3, 3), st.integers(-(2**123), 2**123))  # sums of nine fit
unsigned = st.one_of(st.integers(0, 3), st.integers(0, 2**127 - 1))
positions = st.lists(st.builds(Position, st.integers(0, 15), signed, signed), max_size=3)


@st.composite
def leaves(draw, most=9):
    """Of accounts 1 .. n with the same tokens."""
    tokens = draw(st.integers(0, 16))
    return [
        Leaf(
            account,
            "0x" + draw(st.binary(min_size=20, max_size=20)).hex(),
            draw(signed),
            draw(claims),
            draw(signed),
            draw(unsigned),
            draw(unsigned),
            tuple(draw(positions)),
            tuple(draw(st.integers(0, 2**120)) for _ in range(tokens)),
        )
        for account in range(1, draw(st.integers(1, most)) + 1)
    ]


def plain(account: int, claim: int, *amounts: int) -> Leaf:
    return Leaf(account, ZERO_ADDRESS, claim, claim, claim, 0, 0, (), amounts)


@pytest.fixture(scope="module")
def registry(session_chain, artifacts):
    """A registry on which roots of block 7 can be posted."""
    chain = session_chain
    while chain.block_number <= BLOCK:
        chain.advance(1)
    house = chain.deploy(artifacts["MockERC20"], "Quote", "QUOTE", 6)  # any contract
    return chain.deploy(artifacts["SolvencyRegistry"], house)


def origin_of(registry) -> Origin:
    return Origin(registry.chain.chain_id, registry.CLEARINGHOUSE(), BLOCK)


def posted(registry, tree: Tree) -> bytes:
    statement = (BLOCK, len(tree.leaves), tree.top.as_argument())
    root = registry.root_of(statement)
    if not registry.posting(root).accounts:
        registry.post(statement)
    return root


def ask(registry, root: bytes, leaf: Leaf, path) -> bool:
    return registry.verify(root, leaf.as_argument(), [node.as_argument() for node in path])


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(leaves())
def test_root__any_leaves__is_the_mirror(registry, made):
    tree = Tree(made)
    statement = (BLOCK, len(made), tree.top.as_argument())
    assert registry.root_of(statement) == tree.root(origin_of(registry))


@given(leaves(), st.data())
def test_verify__every_account__is_in_the_root(registry, made, data):
    tree = Tree(made)
    root = posted(registry, tree)
    leaf = data.draw(st.sampled_from(made))
    path = tree.path(leaf.account)
    assert merkle_sum.climb(leaf, path, len(made)) == tree.top
    assert ask(registry, root, leaf, path) is True


@given(leaves(), st.data())
def test_verify__any_field_changed__is_not_in_the_root(registry, made, data):
    tree = Tree(made)
    root = posted(registry, tree)
    leaf = data.draw(st.sampled_from(made))
    changed = data.draw(
        st.one_of(
            st.builds(lambda v: replace(leaf, cash=v), signed),
            st.builds(lambda v: replace(leaf, claim=v), claims),
            st.builds(lambda v: replace(leaf, equity=v), signed),
            st.builds(lambda v: replace(leaf, maintenance=v), unsigned),
            st.builds(lambda v: replace(leaf, initial=v), unsigned),
            st.builds(lambda v: replace(leaf, positions=tuple(v)), positions),
            st.builds(lambda v: replace(leaf, account=v), st.integers(1, len(made))),
        )
    )
    assume(changed != leaf)
    path = tree.path(leaf.account)
    assert merkle_sum.climb(changed, path, len(made)) != tree.top
    assert ask(registry, root, changed, path) is False


@given(leaves(), st.data())
def test_verify__any_sum_or_hash_beside_changed__is_not_in_the_root(registry, made, data):
    assume(len(made) > 1)
    tree = Tree(made)
    root = posted(registry, tree)
    leaf = data.draw(st.sampled_from(made))
    path = list(tree.path(leaf.account))
    at = data.draw(st.integers(0, len(path) - 1))
    old = path[at]
    if data.draw(st.booleans()):
        path[at] = Node(data.draw(BYTES), old.sums)
    else:
        sums = list(old.sums)
        sums[data.draw(st.integers(0, len(sums) - 1))] = data.draw(st.integers(0, 2**120))
        path[at] = Node(old.body, tuple(sums))
    assume(path[at] != old)
    assert merkle_sum.climb(leaf, path, len(made)) != tree.top
    assert ask(registry, root, leaf, path) is False


# ── what a tree of sums must not let pass ────────────────────────────────────────────────────────


@given(leaves())
@example([plain(1, -5, 1), plain(2, 7, 0)])
def test_top__any_leaves__debts_take_nothing_from_what_is_owed(made):
    sums = Tree(made).top.sums
    assert sums[0] == sum(max(leaf.claim, 0) for leaf in made)
    assert sums[1] == sum(max(-leaf.claim, 0) for leaf in made)
    assert sums[2:] == tuple(map(sum, zip(*(leaf.amounts for leaf in made), strict=True)))


def test_parent__sums_moved_from_one_child_to_the_other__is_another_root():
    """A node that binds the total only would let each user be shown a sum of his own."""
    one, two = Tree([plain(1, 30), plain(2, 70)]), Tree([plain(1, 30), plain(2, 70)])
    assert one.top == two.top
    (beside,) = one.path(1)
    moved = Node(beside.body, (beside.sums[0] - 1, beside.sums[1]))
    cheated = merkle_sum.climb(plain(1, 31), [moved], 2)
    assert cheated.sums == one.top.sums
    assert cheated.body != one.top.body


def test_verify__leaf_at_another_place__is_not_in_the_root(registry):
    """Two accounts with the same balance cannot share a leaf."""
    tree = Tree([plain(account, 5) for account in (1, 2, 3, 4)])
    root = posted(registry, tree)
    for account in (1, 2, 3, 4):
        for path_of in (1, 2, 3, 4):
            found = ask(registry, root, plain(account, 5), tree.path(path_of))
            assert found is (account == path_of)


def test_verify__node_shown_as_a_leaf__is_not_in_the_root(registry):
    tree = Tree([plain(account, account) for account in range(1, 5)])
    root = posted(registry, tree)
    inner = merkle_sum.climb(plain(1, 1), tree.path(1)[:1], 2)
    assert ask(registry, root, plain(1, inner.sums[0]), tree.path(1)) is False


def test_root__fewer_accounts_named__is_another_root(registry):
    tree = Tree([plain(1, 1), plain(2, 1), plain(3, 0), plain(4, 0)])
    origin = origin_of(registry)
    roots = {merkle_sum.root(origin, accounts, tree.top) for accounts in (2, 3, 4, 5)}
    roots |= {tree.root(replace(origin, block_number=8)), tree.root(replace(origin, chain_id=2))}
    roots.add(tree.root(replace(origin, clearinghouse="0x" + "11" * 20)))
    assert len(roots) == 7


# ── refused ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("account", "cut", "sums", "reason"),
    [
        (0, 0, None, "account: unknown"),
        (6, 0, None, "account: unknown"),
        (1, 1, None, "proof: wrong length"),
        (1, 0, (1, 2, 3), "sums: wrong number"),
        (1, 0, (MAX_SUM + 1, 0), "sums: too large"),
        (1, 0, (MAX_SUM, 0), "sums: too large"),
    ],
)
def test_climb__impossible_proof__named_reason(registry, reverts, account, cut, sums, reason):
    tree = Tree([plain(each, each) for each in range(1, 6)])
    root = posted(registry, tree)
    path = list(tree.path(1)[cut:])
    if sums is not None:
        path[0] = Node(path[0].body, sums)
    with reverts(reason):
        ask(registry, root, plain(account, 1), path)
    with pytest.raises(TreeError, match=reason):
        merkle_sum.climb(plain(account, 1), path, 5)


def test_tree__account_missing__refused():
    with pytest.raises(TreeError, match="account: 3 where 2 was expected"):
        Tree([plain(1, 1), plain(3, 1)])
    with pytest.raises(TreeError, match="accounts: out of range"):
        Tree([])


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([plain(1, 1), plain(2, 1, 5)], "sums: wrong number"),
        ([plain(1, 1, *range(17))], "sums: wrong number"),
        ([plain(1, MAX_SUM), plain(2, 1), plain(3, 1)], "sums: too large"),
        ([plain(1, 1, -1), plain(2, 1, 1)], "sums: negative"),
    ],
)
def test_tree__impossible_leaves__refused(made, reason):
    with pytest.raises(TreeError, match=reason):
        Tree(made)


def test_path__unknown_account__refused():
    tree = Tree([plain(1, 1)])
    assert tree.path(1) == ()
    for account in (0, 2):
        with pytest.raises(TreeError, match="account: unknown"):
            tree.path(account)
