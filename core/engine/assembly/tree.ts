import { mix } from "./hash";
import {
  NODE_KEY,
  NODE_LEFT,
  NODE_PARENT,
  NODE_RANK,
  NODE_RIGHT,
  NODE_SEQUENCE,
} from "./memory";

// Trees of records, in order of their keys and, where these are equal, of their sequences: treaps. A node lies in
// the record that it is for; a tree is the address of a word that holds the address of its root.
//
//    0     8          16     20      24       28     32
//   +-----+----------+------+-------+--------+------+
//   | key | sequence | left | right | parent | rank |
//   +-----+----------+------+-------+--------+------+
//
// Ranks come from the process's secret, so nobody can make a tree deep; no answer depends on its shape.

@inline
function linkOf(node: usize, offset: usize): usize {
  return <usize>load<u32>(node + offset);
}
@inline
function setLink(node: usize, offset: usize, other: usize): void {
  store<u32>(node + offset, <u32>other);
}

export function isBefore(node: usize, other: usize): bool {
  const key = load<u64>(node, NODE_KEY);
  const otherKey = load<u64>(other, NODE_KEY);
  if (key != otherKey) return key < otherKey;
  return load<u64>(node, NODE_SEQUENCE) < load<u64>(other, NODE_SEQUENCE);
}

/** Puts a node, whose key and sequence are set, into a tree. */
export function insertNode(tree: usize, node: usize): void {
  store<u64>(node, 0, NODE_LEFT); // both children
  store<u32>(node, <u32>(mix(<u64>node) >> 32), NODE_RANK);
  let parent: usize = 0;
  let place = tree;
  while (load<u32>(place) != 0) {
    parent = <usize>load<u32>(place);
    place = parent + (isBefore(node, parent) ? NODE_LEFT : NODE_RIGHT);
  }
  store<u32>(place, <u32>node);
  setLink(node, NODE_PARENT, parent);
  while (parent != 0 && load<u32>(parent, NODE_RANK) < load<u32>(node, NODE_RANK)) {
    raiseNode(tree, node);
    parent = linkOf(node, NODE_PARENT);
  }
}

/** Takes a node out of its tree. */
export function removeNode(tree: usize, node: usize): void {
  while (true) {
    const left = linkOf(node, NODE_LEFT);
    const right = linkOf(node, NODE_RIGHT);
    if (left == 0 && right == 0) break;
    let child = left == 0 ? right : left;
    if (left != 0 && right != 0 && load<u32>(right, NODE_RANK) > load<u32>(left, NODE_RANK)) {
      child = right;
    }
    raiseNode(tree, child);
  }
  replaceChild(tree, linkOf(node, NODE_PARENT), node, 0);
}

/** Turns a node and its parent, so that it takes the parent's place. */
function raiseNode(tree: usize, node: usize): void {
  const parent = linkOf(node, NODE_PARENT);
  const near = linkOf(parent, NODE_LEFT) == node ? NODE_LEFT : NODE_RIGHT;
  const far = near == NODE_LEFT ? NODE_RIGHT : NODE_LEFT;
  const moved = linkOf(node, far);
  setLink(parent, near, moved);
  if (moved != 0) setLink(moved, NODE_PARENT, parent);
  const above = linkOf(parent, NODE_PARENT);
  replaceChild(tree, above, parent, node);
  setLink(node, NODE_PARENT, above);
  setLink(node, far, parent);
  setLink(parent, NODE_PARENT, node);
}

function replaceChild(tree: usize, parent: usize, child: usize, other: usize): void {
  if (parent == 0) store<u32>(tree, <u32>other);
  else setLink(parent, linkOf(parent, NODE_LEFT) == child ? NODE_LEFT : NODE_RIGHT, other);
}

/** The first node of a tree, or 0. */
export function firstNode(tree: usize): usize {
  const root = <usize>load<u32>(tree);
  return root == 0 ? 0 : leftmost(root);
}

/** The first node of a tree whose key is not below `key`, or 0. */
export function firstFrom(tree: usize, key: u64): usize {
  let found: usize = 0;
  let node = <usize>load<u32>(tree);
  while (node != 0) {
    const isBelow = load<u64>(node, NODE_KEY) < key;
    if (!isBelow) found = node;
    node = linkOf(node, isBelow ? NODE_RIGHT : NODE_LEFT);
  }
  return found;
}

/** The last node of a tree, or 0. */
export function lastNode(tree: usize): usize {
  const root = <usize>load<u32>(tree);
  return root == 0 ? 0 : rightmost(root);
}

function leftmost(node: usize): usize {
  let found = node;
  while (linkOf(found, NODE_LEFT) != 0) found = linkOf(found, NODE_LEFT);
  return found;
}

/** The node behind this one, or 0. */
export function nextNode(node: usize): usize {
  const right = linkOf(node, NODE_RIGHT);
  if (right != 0) return leftmost(right);
  let child = node;
  let parent = linkOf(node, NODE_PARENT);
  while (parent != 0 && linkOf(parent, NODE_RIGHT) == child) {
    child = parent;
    parent = linkOf(parent, NODE_PARENT);
  }
  return parent;
}

/** The node before this one, or 0. */
export function prevNode(node: usize): usize {
  const left = linkOf(node, NODE_LEFT);
  if (left != 0) return rightmost(left);
  let child = node;
  let parent = linkOf(node, NODE_PARENT);
  while (parent != 0 && linkOf(parent, NODE_LEFT) == child) {
    child = parent;
    parent = linkOf(parent, NODE_PARENT);
  }
  return parent;
}

function rightmost(node: usize): usize {
  let found = node;
  while (linkOf(found, NODE_RIGHT) != 0) found = linkOf(found, NODE_RIGHT);
  return found;
}
