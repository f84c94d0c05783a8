export const dynamic = 'force-dynamic'

async function answer(request: Request): Promise<Response> {
  // Only when somebody asks: `next build` loads this file as well, where there may be no database.
  const { handler } = await import('./handler.js')
  return handler.fetch(request)
}

export { answer as GET, answer as HEAD, answer as OPTIONS, answer as POST }
