export { type Applied, applyDeployment, type ApplyOptions, type Deployment, dropDeployment, explainViews, planDeployment } from './apply.js'
export type { Action, Change } from './changes.js'
export type { Explanation, SourceExplanation } from './explanation.js'
export type { ApplyPhase, ApplyProgress } from './progress.js'
