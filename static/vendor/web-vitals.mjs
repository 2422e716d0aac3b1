/* What the site takes of web-vitals: three of its metrics, in the build that also says where their time went. */

export { onINP, onLCP, onTTFB } from "web-vitals/attribution";
