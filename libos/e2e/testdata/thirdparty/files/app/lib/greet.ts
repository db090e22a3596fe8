export interface Named { name: string }
export function greet(n: Named): string { return `hello, ${n.name}` }
export function unused() { return 'not in the bundle' }
