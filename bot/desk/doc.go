// Package desk is how people are brought to conversations: business hours, who is asked first and next, what a wait is worth telling,
// targets and their breaches, and what agents are told outside of the console.
//
// It decides over plain values and acts through bot.Service alone, so that every hand-over is an event of its conversation and
// replays with it.
package desk
