import fc from 'fast-check'

// For the projects of the usual run: the same commit draws the same random inputs, so that it passes or fails everywhere alike. The
// projects of `npm run test:slow` draw others each time, and more of them.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_130 })
