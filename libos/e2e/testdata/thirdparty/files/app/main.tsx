import { greet, type Named } from './lib/greet'
import * as math from './lib/math.js'
import data from '../data.json'
import './style.css'

enum Color { Red = 1, Green, Blue }

class Person implements Named {
  #secret = 42
  constructor(public readonly name: string, private age?: number) {}
  static async *all(list: Person[]) { for await (const p of list) yield p?.name ?? 'none' }
  get secret() { return this.#secret ** 2 }
}

export const view = (p: Named) => <div className="x" {...p}>{greet(p)} {math.square(Color.Blue)}</div>
console.log(data.users.length, new Person('a').secret, `template ${Color[1]}`)
