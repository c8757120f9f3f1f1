import { setImmediate as nextTurn } from 'node:timers/promises'

/** A call that takes a callback. */
export type CallbackCall = (callback: (error?: any, value?: any) => void) => void

/**
 * Resolves to the value that the callback of `call` is given, or rejects with
 * its error. Fails when the callback runs more than once.
 *
 * With `isThrowing` the callback throws, and the exception must come out where
 * that of any caller does: from the call itself, or as an uncaught exception.
 */
export async function checkedCallback (call: CallbackCall, isThrowing = false): Promise<unknown> {
  const exception = new Error('thrown by a callback')
  let count = 0
  const given = await new Promise<{ error: unknown, value: unknown }>((resolve, reject) => {
    let parameters: { error: unknown, value: unknown }
    const callback = (error: unknown, value: unknown) => {
      count++
      parameters = { error, value }
      if (isThrowing) throw exception
      resolve(parameters)
    }
    const onException = (error: unknown) => {
      process.off('uncaughtException', onException)
      if (error === exception) resolve(parameters)
      else reject(error)
    }
    if (isThrowing) process.on('uncaughtException', onException)
    try {
      call(callback)
    } catch (error) {
      onException(error)
    }
  })
  await nextTurn()
  if (count !== 1) throw new Error(`the callback ran ${count} times`)
  if (given.error) throw given.error
  return given.value
}
