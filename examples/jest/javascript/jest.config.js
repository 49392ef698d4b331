// Milliseconds: the simulator makes its keys first.
module.exports = { testTimeout: 30_000 }
