// Milliseconds: the simulator makes its keys first.
module.exports = { preset: 'ts-jest', testTimeout: 30_000 }
