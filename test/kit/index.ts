export { createTestDatabase, type TestDatabase, useTestDatabase } from './database.js'
export { startPrivateServer, testedVersion, usePrivateServer } from './server.js'
